"""A report written in a form: Markdown, HTML, PDF, CSV or JSON. Pure: values in, text or bytes out."""
