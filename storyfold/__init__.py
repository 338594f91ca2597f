"""Storyfold's public package: the story document, its front matter, the event, the consumer."""

from storyfold._version import __version__
from storyfold.consumer import Consumer, Delivery
from storyfold.document import Document, Extra, Image, Provider, Related, StoryType
from storyfold.errors import DocumentError, RetryableError, SourceError, StoryfoldError
from storyfold.event import Event, EventType
from storyfold.front_matter import StoryHandler, read_document, write_document
from storyfold.json_form import document_from_json, document_to_json

__all__ = [
    "Consumer",
    "Delivery",
    "Document",
    "DocumentError",
    "Event",
    "EventType",
    "Extra",
    "Image",
    "Provider",
    "Related",
    "RetryableError",
    "SourceError",
    "StoryHandler",
    "StoryType",
    "StoryfoldError",
    "__version__",
    "document_from_json",
    "document_to_json",
    "read_document",
    "write_document",
]
