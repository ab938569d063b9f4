"""HTML page about a list: rows, reasons of rejections, parts, and the duration of each step."""
