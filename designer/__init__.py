"""The application: window, document, panels."""
