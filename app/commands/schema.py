"""`trellis schema`: the GraphQL schema, as `schema.graphql` holds it."""

import typer

from app.schema import schema as graphql_schema


def schema() -> None:
    """Print the GraphQL schema."""
    typer.echo(graphql_schema.as_str())
