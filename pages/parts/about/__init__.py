"""The model card: networks, sources, licences, published measurements; what people prefer."""
