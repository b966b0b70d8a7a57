"""What is served over HTTP: the API, its description, the page, and who may ask."""
