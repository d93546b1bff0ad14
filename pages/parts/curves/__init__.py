"""The loss curves: data series, the chart, its controls and its exports."""
