"""Documents that have a name: registered by clients as they go (APQ), or by operators in manifests."""

from typing import Literal

from graphql import GraphQLError

from app.errors import AppError
from app.operations.documents import Document, Documents, Refused, hash_of
from app.operations.manifest import Manifest

Accepted = Literal["any", "persisted", "trusted"]


class PersistedQueryNotFound(AppError):
    """Nothing is registered under the hash: Apollo's clients send the text along the next time."""

    code = "PERSISTED_QUERY_NOT_FOUND"


class HashMismatch(AppError):
    """A client sent a text beside the hash of another."""

    code = "BAD_REQUEST"
    status = 400


class Persisted:
    """Finds the document of a request, by its text or its name.

    A name is the hash of a text that a client sent before, beside that hash, or an id of the manifest. `accepted` is
    any text; `persisted`, only what has a name, be it sent with its text for the first time; or `trusted`, only what
    the manifest has, by its id or letter for letter. Refusals have the codes of Apollo's router: clients know them.
    """

    def __init__(self, documents: Documents, manifest: Manifest, accepted: Accepted) -> None:
        self.documents = documents
        self.manifest = manifest
        self.accepted = accepted
        self.trusted_texts = frozenset(manifest.values())

    def find(self, query: str | None, document_id: str | None) -> Document:
        """Raises PersistedQueryNotFound, HashMismatch, and Refused for what is not accepted."""
        return self._by_name(document_id or "") if query is None else self._by_text(query, document_id)

    def _by_text(self, text: str, name: str | None) -> Document:
        if name is not None and name != hash_of(text) and self.manifest.get(name) != text:
            raise HashMismatch("The hash is not the SHA-256 of `query`: hash the text as it is sent.")
        if self.accepted == "trusted" and text not in self.trusted_texts:
            raise _refused("QUERY_NOT_IN_SAFELIST", "This server runs only the documents of its manifest.")
        if self.accepted == "persisted" and name is None:
            raise _refused(
                "PERSISTED_QUERY_ID_REQUIRED",
                "Send the document's SHA-256 along, as `extensions.persistedQuery` or `documentId`.",
            )
        return self.documents.get(text) if name is None else self.documents.register(text)

    def _by_name(self, name: str) -> Document:
        text = self.manifest.get(name)
        if text is not None:
            return self.documents.register(text)
        if self.accepted == "trusted":
            raise _refused("PERSISTED_QUERY_NOT_IN_LIST", "The manifest of this server has no document of this id.")
        known = self.documents.find(name)
        if known is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return known


def _refused(code: str, message: str) -> Refused:
    return Refused([GraphQLError(message, extensions={"code": code})])
