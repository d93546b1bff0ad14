"""The frame of every page: job service, theme, session, visitor, formatting, Streamlit patches."""
