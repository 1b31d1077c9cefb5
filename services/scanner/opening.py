"""Which adapter reads which kind of source. Each is imported only where such a source is configured."""

from mesh.sources import SourceUrl
from services.scanner.keeper import Keeper
from services.scanner.settings import ScannerSettings


def keeper(source: SourceUrl, settings: ScannerSettings) -> Keeper:
    """The keeper of a source; nothing is opened yet."""
    if source.kind == "sqlite":
        from services.scanner.sqlite.reader import SqliteReader  # noqa: PLC0415  # see above

        return Keeper(source, SqliteReader(source, settings), source.path, settings)
    from services.scanner.postgres.reader import PostgresReader  # noqa: PLC0415  # 170 ms of psycopg
    from services.scanner.postgres.session import address  # noqa: PLC0415  # as above

    return Keeper(source, PostgresReader(source, settings), address(source.url), settings)
