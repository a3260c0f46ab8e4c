"""Material of courses: films, captions and slides, checked and made safe before anybody sees them."""
