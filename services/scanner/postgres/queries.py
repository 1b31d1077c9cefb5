# ruff: noqa: S608  # put together from constants of this file only
"""The statements that read pg_catalog: few, each over all tables wanted at once.

Parameters of all: %(oids)s, the tables wanted. The role's own search_path stays in force, so that types,
functions and operators are spelled as the loader's statements will have to spell them.
"""

READABLE = """
    c.relkind IN ('r', 'v', 'm', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
    AND (%(schemas)s::text[] IS NULL OR n.nspname = ANY (%(schemas)s))
    AND has_schema_privilege(n.oid, 'USAGE')
    AND (has_table_privilege(c.oid, 'SELECT') OR has_any_column_privilege(c.oid, 'SELECT'))
    -- What an extension brought along (pg_stat_statements, spatial_ref_sys) is not the user's data.
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid
        AND e.deptype = 'e')
"""

COUNTERS = """
SELECT pg_is_in_recovery(),
    (SELECT count(*) || ' ' || coalesce(sum(
        pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
        + pg_stat_get_tuples_deleted(oid)), 0)
    FROM unnest(ARRAY['pg_class', 'pg_attribute', 'pg_index', 'pg_constraint', 'pg_description', 'pg_rewrite',
        'pg_type', 'pg_enum', 'pg_attrdef', 'pg_statistic', 'pg_statistic_ext', 'pg_extension',
        'pg_namespace', 'pg_policy', 'pg_auth_members', 'pg_inherits']::regclass[]) AS t(oid)),
    (SELECT tup_inserted + tup_updated + tup_deleted FROM pg_stat_database WHERE datname = current_database())
"""
"""A millisecond's look at whether any catalog was written to, and whether anything was. A standby does not
count.
"""

ENVIRONMENT = """
SELECT current_setting('server_version'), current_setting('server_version_num')::int,
    coalesce((SELECT array_agg(extname::text ORDER BY extname) FROM pg_extension), '{}'),
    (SELECT count(*) || ' ' || coalesce(sum(xmin::text::int8), 0) FROM pg_type WHERE typtype IN ('d', 'e')),
    (SELECT count(*) || ' ' || coalesce(sum(xmin::text::int8), 0) FROM pg_enum),
    current_user::text, current_setting('search_path')
"""

# xmin names the transaction that wrote a row, so their sum differs once any row of the table's description
# does.
STAMPS = f"""
WITH t AS MATERIALIZED (
    SELECT c.oid, n.nspname, c.relname, c.xmin::text::int8 AS xid, c.reltuples,
        row_security_active(c.oid) AS secured
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {READABLE}
)
SELECT t.oid::int8, t.nspname::text, t.relname::text,
    concat_ws(' ', t.xid, t.secured, a.h, i.h, k.h, d.h, r.h, s.h, p.h) AS structure,
    extract(epoch FROM greatest(
        pg_stat_get_last_analyze_time(t.oid), pg_stat_get_last_autoanalyze_time(t.oid)))::float8 AS analyzed,
    t.reltuples::float8,
    pg_stat_get_tuples_inserted(t.oid) + pg_stat_get_tuples_updated(t.oid) + pg_stat_get_tuples_deleted(t.oid)
        + coalesce(p.changes, 0) AS changes
FROM t
LEFT JOIN (SELECT attrelid, sum(xmin::text::int8 * attnum) AS h FROM pg_attribute
    WHERE attnum > 0 AND attrelid >= 16384 GROUP BY 1) a ON a.attrelid = t.oid
LEFT JOIN (SELECT x.indrelid, sum(x.xmin::text::int8 + ic.xmin::text::int8) AS h FROM pg_index x
    JOIN pg_class ic ON ic.oid = x.indexrelid WHERE x.indrelid >= 16384 GROUP BY 1) i ON i.indrelid = t.oid
LEFT JOIN (SELECT conrelid, sum(xmin::text::int8) AS h FROM pg_constraint WHERE conrelid <> 0 GROUP BY 1) k
    ON k.conrelid = t.oid
LEFT JOIN (SELECT objoid, sum(xmin::text::int8) AS h FROM pg_description
    WHERE classoid = 'pg_class'::regclass AND objoid >= 16384 GROUP BY 1) d ON d.objoid = t.oid
LEFT JOIN (SELECT ev_class, sum(xmin::text::int8) AS h FROM pg_rewrite WHERE ev_class >= 16384 GROUP BY 1) r
    ON r.ev_class = t.oid
LEFT JOIN (SELECT stxrelid, sum(xmin::text::int8) AS h FROM pg_statistic_ext GROUP BY 1) s
    ON s.stxrelid = t.oid
LEFT JOIN (SELECT h.inhparent, sum(h.xmin::text::int8) AS h, sum(pg_stat_get_tuples_inserted(h.inhrelid)
        + pg_stat_get_tuples_updated(h.inhrelid) + pg_stat_get_tuples_deleted(h.inhrelid)) AS changes
    FROM pg_inherits h JOIN pg_class pc ON pc.oid = h.inhrelid AND pc.relispartition GROUP BY 1) p
    ON p.inhparent = t.oid
"""

# Sizes are read from disk under a lock that a running ALTER TABLE would make us wait for: then the planner's
# figure has to do.
_LOCKED = """
locked AS MATERIALIZED (
    SELECT relation AS oid FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)"""
_SIZE = """CASE WHEN {oid} IN (SELECT oid FROM locked)
    THEN {pages}::int8 * current_setting('block_size')::int8 ELSE pg_relation_size({oid}) END"""

# The rows of a partitioned table are in its leaves.
_TREE = """
tree AS MATERIALIZED (
    WITH RECURSIVE down(root, oid) AS (
        SELECT c.oid, c.oid FROM pg_class c WHERE c.oid = ANY (%(roots)s::oid[])
        UNION ALL SELECT down.root, h.inhrelid FROM down JOIN pg_inherits h ON h.inhparent = down.oid
    ) SELECT root, oid FROM down WHERE root <> oid
)"""

TABLES = f"""
WITH {_LOCKED}
SELECT c.oid::int8, n.nspname::text, c.relname::text, c.relkind::text, obj_description(c.oid, 'pg_class'),
    c.reltuples::float8, c.relpages::int8,
    CASE WHEN c.relkind IN ('r', 'm') THEN {_SIZE.format(oid="c.oid", pages="c.relpages")} ELSE -1 END,
    pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
        + pg_stat_get_tuples_deleted(c.oid),
    row_security_active(c.oid),
    ARRAY(SELECT a.attname::text
        FROM pg_partitioned_table p, unnest(p.partattrs::int2[]) WITH ORDINALITY k(n, i)
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.n WHERE p.partrelid = c.oid ORDER BY k.i)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.oid = ANY (%(oids)s::oid[]) ORDER BY n.nspname, c.relname
"""

PARTITIONS = f"""
WITH {_LOCKED}, {_TREE}
SELECT t.root::int8, sum(greatest(c.reltuples, 0))::float8, bool_and(c.reltuples >= 0 AND c.relpages > 0),
    sum(c.relpages)::int8, sum({_SIZE.format(oid="c.oid", pages="c.relpages")})::int8,
    sum(pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
        + pg_stat_get_tuples_deleted(c.oid))::int8,
    sum(pg_stat_get_numscans(c.oid))::int8
FROM tree t JOIN pg_class c ON c.oid = t.oid AND c.relkind IN ('r', 'i') GROUP BY t.root
"""
"""%(roots)s: partitioned tables or partitioned indexes."""

VIEWS = "SELECT oid::int8, pg_get_viewdef(oid) FROM unnest(%(oids)s::oid[]) t(oid)"

# Domains are looked through to the type that they restrict.
COLUMNS = """
WITH RECURSIVE base(domain, oid, typmod, required) AS (
    SELECT t.oid, t.typbasetype, t.typtypmod, t.typnotnull FROM pg_type t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.domain, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END,
        b.required OR t.typnotnull
    FROM base b JOIN pg_type t ON t.oid = b.oid AND t.typtype = 'd'
), domains AS MATERIALIZED (
    SELECT b.domain, b.oid, b.typmod, b.required
    FROM base b JOIN pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
), enums AS MATERIALIZED (
    SELECT enumtypid, array_agg(enumlabel::text ORDER BY enumsortorder) AS labels FROM pg_enum GROUP BY 1
)
SELECT a.attrelid::int8, a.attnum::int, a.attcollation::int8, a.attname::text,
    format_type(t.oid, CASE WHEN d.oid IS NULL THEN a.atttypmod ELSE d.typmod END),
    t.typcategory::text, t.typname::text,
    NOT (a.attnotnull OR coalesce(d.required, false)), s.description, f.expression, a.attgenerated <> '',
    a.attidentity <> '' OR coalesce(f.expression LIKE 'nextval(%%', false),
    e.labels, CASE WHEN a.attcollation <> t.typcollation THEN l.collname::text END
FROM (SELECT oid, has_table_privilege(oid, 'SELECT') AS readable FROM pg_class
    WHERE oid = ANY (%(oids)s::oid[]) OFFSET 0) c
JOIN pg_attribute a ON a.attrelid = c.oid
LEFT JOIN domains d ON d.domain = a.atttypid
JOIN pg_type t ON t.oid = coalesce(d.oid, a.atttypid)
LEFT JOIN enums e ON e.enumtypid = t.oid
LEFT JOIN (SELECT adrelid, adnum, pg_get_expr(adbin, adrelid) AS expression FROM pg_attrdef
    WHERE adrelid = ANY (%(oids)s::oid[]) OFFSET 0) f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
LEFT JOIN pg_description s ON s.classoid = 'pg_class'::regclass AND s.objoid = a.attrelid
    AND s.objsubid = a.attnum
LEFT JOIN pg_collation l ON l.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped
    AND (c.readable OR has_column_privilege(c.oid, a.attnum, 'SELECT'))
ORDER BY a.attrelid, a.attnum
"""

CONSTRAINTS = """
SELECT k.conrelid::int8, k.conname::text, k.contype::text, {nulls_not_distinct},
    ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY u(n, i)
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.n ORDER BY u.i),
    k.confrelid::int8, fn.nspname::text, fc.relname::text,
    ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY u(n, i)
        JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.n ORDER BY u.i)
FROM pg_constraint k
LEFT JOIN pg_index x ON x.indexrelid = k.conindid AND k.contype IN ('p', 'u')
LEFT JOIN pg_class fc ON fc.oid = k.confrelid
LEFT JOIN pg_namespace fn ON fn.oid = fc.relnamespace
WHERE k.conrelid = ANY (%(oids)s::oid[]) AND k.contype IN ('p', 'u', 'f') AND k.conparentid = 0
ORDER BY k.conrelid, k.conname
"""

# Keys come as PostgreSQL keeps them, in vectors of numbers: to look each up here would cost more than all the
# rest.
INDEXES = f"""
WITH {_LOCKED}
SELECT x.indrelid::int8, x.indexrelid::int8, ic.relname::text, ic.relkind::text, am.amname::text,
    x.indisunique, x.indisprimary, x.indisvalid AND x.indisready AND x.indislive, {{nulls_not_distinct}},
    pg_get_expr(x.indpred, x.indrelid),
    CASE WHEN ic.relkind = 'i' THEN {_SIZE.format(oid="ic.oid", pages="ic.relpages")} ELSE -1 END,
    pg_stat_get_numscans(ic.oid), pg_get_indexdef(x.indexrelid), x.indnkeyatts::int,
    x.indkey::text, x.indoption::text, x.indclass::text, x.indcollation::text,
    CASE WHEN x.indexprs IS NOT NULL THEN ARRAY(
        SELECT CASE WHEN k.n = 0 THEN pg_get_indexdef(x.indexrelid, k.i::int, true) END
        FROM unnest(x.indkey::int2[]) WITH ORDINALITY k(n, i) ORDER BY k.i) END
FROM pg_index x
JOIN pg_class ic ON ic.oid = x.indexrelid
JOIN pg_am am ON am.oid = ic.relam
WHERE x.indrelid = ANY (%(oids)s::oid[])
ORDER BY x.indrelid, NOT x.indisprimary, ic.relname
"""

UNUSUAL_CLASSES = "SELECT oid::int8, opcname::text FROM pg_opclass WHERE NOT opcdefault"

COLLATIONS = "SELECT oid::int8, collname::text FROM pg_collation WHERE oid = ANY (%(oids)s::oid[])"

EXTENDED = """
SELECT s.stxrelid::int8, s.stxname::text,
    ARRAY(SELECT a.attname::text FROM unnest(s.stxkeys::int2[]) WITH ORDINALITY k(n, i)
        JOIN pg_attribute a ON a.attrelid = s.stxrelid AND a.attnum = k.n ORDER BY k.i),
    s.stxkind::text[]
FROM pg_statistic_ext s WHERE s.stxrelid = ANY (%(oids)s::oid[]) ORDER BY s.stxrelid, s.stxname
"""

# pg_stats shows only what the role may read. Arrays of any type are written and read again as arrays of text.
# %(common)s: how many most common values are wanted; %(bounds)s: whether bounds are, if not 0.
# order). %(schemas)s, %(tables)s: the tables wanted, in pairs; both NULL for all.
STATISTICS = """
SELECT s.schemaname::text, s.tablename::text, s.attname::text, s.null_frac::float8, s.n_distinct::float8,
    coalesce(s.correlation, 0)::float8, s.avg_width::int,
    CASE WHEN %(common)s > 0 THEN (s.most_common_vals::text::text[])[1:%(common)s] END,
    s.most_common_freqs[1:%(common)s], coalesce(cardinality(s.most_common_freqs), 0),
    coalesce((SELECT sum(f) FROM unnest(s.most_common_freqs) f), 0)::float8,
    CASE WHEN %(bounds)s > 0 THEN s.histogram_bounds::text::text[] END,
    coalesce(pg_stat_get_mod_since_analyze(c.oid), 0) = 0
FROM pg_stats s
JOIN pg_namespace n ON n.nspname = s.schemaname
JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
WHERE s.inherited = (c.relkind = 'p') AND NOT c.relispartition
    AND s.schemaname <> 'information_schema' AND s.schemaname !~ '^pg_'
    AND (%(tables)s::text[] IS NULL OR (s.schemaname, s.tablename) IN
        (SELECT * FROM unnest(%(schemas)s::text[], %(tables)s::text[])))
"""


def nulls_not_distinct(server_version: int) -> str:
    """How to read whether a unique index counts NULLs as equal, which PostgreSQL before 15 never does."""
    return "coalesce(x.indnullsnotdistinct, false)" if server_version >= 150000 else "false"
