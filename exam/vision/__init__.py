"""Pictures: the only importer of OpenCV."""
