"""Names of tables that a system view knows only by id."""

from collections.abc import Iterable, Mapping

from mcp_server.backends import Redshift
from mcp_server.redshift.fetch import fetch_or_gap
from mcp_server.redshift.history import whole, words
from mcp_server.redshift.rows import Gap


async def table_names(redshift: Redshift, ids: Iterable[int], gaps: list[Gap]) -> Mapping[int, str]:
    """schema.table by id, from SVV_TABLE_INFO, else the catalog; ids without a name are absent."""
    wanted = {one for one in ids if one}
    names: dict[int, str] = {}
    for source in ("table_names", "table_names_catalog"):
        left = wanted - set(names)
        if left:
            asked = {"ids": f",{','.join(map(str, sorted(left)))},"}
            rows = await fetch_or_gap(redshift, source, asked, gaps, limit=500)
            names |= {whole(row["table_id"]): words(row["name"]) for row in rows}
    return names
