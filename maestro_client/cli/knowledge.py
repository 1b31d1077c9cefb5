"""`maestro scan` and `maestro map`: what the database is, and what its words mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from maestro.catalog.v1 import catalog_pb2
from maestro.context.v1 import context_pb2
from maestro.mapper.v1 import mapper_pb2, mapper_pb2_grpc
from maestro.scanner.v1 import scanner_pb2, scanner_pb2_grpc
from maestro.semantics.v1 import semantics_pb2
from maestro_client.cli.failure import CliError
from maestro_client.cli.session import with_channel
from mesh.channel import MeshChannel

_SOURCE = typer.Option(help="Source; needed only where there are several.")


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(scan)
    app.command("map")(map_)


def scan(
    source: Annotated[str, _SOURCE] = "",
    again: Annotated[bool, typer.Option(help="Read the database anew first.")] = False,
    table: Annotated[str, typer.Option(help="Show this table whole.")] = "",
) -> None:
    """Show the catalog: tables, indexes, and relationships with their evidence."""
    context = context_pb2.RequestContext(source=source)

    async def work(channel: MeshChannel) -> catalog_pb2.Catalog:
        stub = scanner_pb2_grpc.ScannerStub(channel)
        if again:
            await stub.Scan(scanner_pb2.ScanRequest(context=context), timeout=120)
        response = await stub.GetCatalog(scanner_pb2.GetCatalogRequest(context=context))
        catalog: catalog_pb2.Catalog = response.catalog
        return catalog

    catalog = with_channel("scanner", work)
    console = Console(highlight=False)
    if table:
        found = [each for each in catalog.tables if each.name == table]
        if not found:
            raise CliError(f"{catalog.source} has no table {table}", "`maestro scan` lists the tables.")
        _show_table(console, found[0])
        return
    console.print(f"{catalog.source}: {len(catalog.tables)} tables, version {catalog.version}")
    shown = Table("table", "rows", "columns", "indexes")
    for each in catalog.tables:
        shown.add_row(escape(each.name), str(each.row_estimate), str(len(each.columns)), str(len(each.indexes)))
    console.print(shown)
    joins = Table("relationship", "how known", "sure")
    for relationship in catalog.relationships:
        origin = catalog_pb2.RelationshipOrigin.Name(relationship.origin).rpartition("_")[2].lower()
        evidence = "; ".join(item.detail for item in relationship.evidence)
        joins.add_row(
            escape(_join(relationship)),
            escape(f"{origin} {evidence}".strip()),
            f"{relationship.confidence:.2f}",
        )
    console.print(joins)


def map_(
    source: Annotated[str, _SOURCE] = "",
    dataset: Annotated[str, typer.Option(help="Show this dataset's fields.")] = "",
    check: Annotated[Path | None, typer.Option(help="Check this model file instead.", dir_okay=False)] = None,
) -> None:
    """Show the semantic model: datasets, metrics, entities, and what is wrong in model files."""
    context = context_pb2.RequestContext(source=source)
    console = Console(highlight=False)
    if check is not None:
        _check_model(console, check, context)
        return

    async def work(channel: MeshChannel) -> semantics_pb2.SemanticModel:
        stub = mapper_pb2_grpc.MapperStub(channel)
        response = await stub.GetModel(mapper_pb2.GetModelRequest(context=context))
        model: semantics_pb2.SemanticModel = response.model
        return model

    model = with_channel("mapper", work)
    if dataset:
        found = [each for each in model.datasets if each.name == dataset]
        if not found:
            raise CliError(f"{model.source} has no dataset {dataset}", "`maestro map` lists the datasets.")
        console.print(_fields(found[0]))
        return
    console.print(f"{model.source}: version {model.version}, of catalog {model.catalog_version}")
    shown = Table("dataset", "words", "fields", "label", "time")
    for each in model.datasets:
        words = ", ".join(term.text for term in each.terms[:5])
        shown.add_row(
            escape(each.name), escape(words), str(len(each.fields)), each.label_field, each.default_time_field
        )
    console.print(shown)
    for metric in model.metrics:
        console.print(f"metric {metric.name} of {metric.dataset}: {metric.description}", markup=False)
    for entity in model.entities:
        console.print(f"entity {entity.name} ({entity.kind})", markup=False)
    for issue in model.issues:
        console.print(f"{issue.path} {issue.message}", style="red", markup=False)


def _check_model(console: Console, path: Path, context: context_pb2.RequestContext) -> None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path} cannot be read: {error}") from None

    async def work(channel: MeshChannel) -> mapper_pb2.CheckModelResponse:
        stub = mapper_pb2_grpc.MapperStub(channel)
        request = mapper_pb2.CheckModelRequest(context=context, text=text, file_name=path.name)
        response: mapper_pb2.CheckModelResponse = await stub.CheckModel(request)
        return response

    issues = with_channel("mapper", work).issues
    for issue in issues:
        console.print(f"{issue.path} {issue.message}", markup=False, soft_wrap=True)
    if issues:
        raise CliError(f"{path.name}: {len(issues)} wrong")
    console.print(f"{path.name}: right", style="green")


def _show_table(console: Console, table: catalog_pb2.Table) -> None:
    shown = Table("column", "type", "null", "comment", "samples")
    for column in table.columns:
        samples = ", ".join(column.sample_values[:4])
        shown.add_row(
            escape(column.name),
            escape(column.type),
            "yes" if column.nullable else "",
            escape(column.comment),
            escape(samples),
        )
    console.print(shown)
    for index in table.indexes:
        console.print(index.definition or index.name, markup=False, soft_wrap=True)


def _fields(dataset: semantics_pb2.Dataset) -> Table:
    shown = Table("field", "role", "unit", "words", "values")
    for field in dataset.fields:
        role = semantics_pb2.FieldRole.Name(field.role).removeprefix("FIELD_ROLE_").lower()
        words = ", ".join(term.text for term in field.terms[:6])
        values = ", ".join(value.value for value in field.values[:5])
        shown.add_row(escape(field.name), role, field.unit, escape(words), escape(values))
    return shown


def _join(relationship: catalog_pb2.Relationship) -> str:
    left = f"{relationship.from_table}({', '.join(relationship.from_columns)})"
    return f"{left} → {relationship.to_table}({', '.join(relationship.to_columns)})"
