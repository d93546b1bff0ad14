"""What runs on the visitor's own device: scripts for the browser, and the files that they need."""
