"""What search reads of a chunk: the document's title and the headings above it, then its own text."""

from sqlalchemy import Text, func, literal_column, select

from app.db.columns import table_of
from app.documents.headings import BETWEEN
from app.documents.models import Document, DocumentChunk
from app.search.searchable import Searchable

documents = table_of(Document)
chunks = table_of(DocumentChunk)

title = (
    select(documents.c.title)
    .where(documents.c.organization_id == chunks.c.organization_id, documents.c.id == chunks.c.document_id)
    .correlate(chunks)
    .scalar_subquery()
)

CHUNKS = Searchable(
    "CHUNK",
    chunks,
    title=func.concat_ws(literal_column(f"'{BETWEEN}'"), title, chunks.c.section, type_=Text),
    body=chunks.c.text,
    whole=chunks.c.document_id,
)
