"""DATA: the states of a course's content, its kinds of chapters and of cues."""

CONTENT_STATES = ("draft", "published")
CHAPTER_KINDS = ("video", "slides", "package")
CUE_KINDS = ("fixed", "random")
CAPTION_LANGUAGES = ("zh", "en")
