"""The service: HTTP, the web page, batch tagging and the command line. It imports models, never training or eval."""
