"""What a database's schema is made of, said alike by every version of PostgreSQL, so that two can be compared."""

# A row for each thing in the schema that the search path begins with: its kind, its name, and all that it is. Whether
# PostgreSQL prints names with their schema depends on the search path, so that is taken off. The owner of the tables is
# called `owner`, whatever role it is. What was restored from a dump prints with other casts of texts: they are taken
# off too. Of grants those count that the roles of Trellis have. Not here: what extensions brought along, NOT NULL as
# constraints (only PostgreSQL 18 has them; the columns say it), the indexes of embedding models, which come and go, and
# how case is folded, which every version of PostgreSQL does as well as it can.
OBJECTS = r"""
WITH tables AS (
    SELECT oid, relname::text AS name, relowner, relacl, relrowsecurity, relforcerowsecurity, reloptions, relpersistence
    FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
), owner AS (
    SELECT coalesce(min(relowner), 0::oid) AS id FROM tables WHERE name = 'organizations'
), functions AS (
    SELECT * FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND prokind = 'f'
    AND proname <> 'trellis_folded'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e')
), grants AS (
    SELECT source.oid, string_agg(format(
        '%s %s', coalesce(rolname, 'PUBLIC'), privilege_type), ', ' ORDER BY rolname COLLATE "C", privilege_type
    ) AS given
    FROM (SELECT oid, relowner AS holder, relacl AS acl FROM tables
          UNION ALL SELECT oid, proowner, coalesce(proacl, acldefault('f', proowner)) FROM functions) AS source,
         aclexplode(acl) LEFT JOIN pg_roles ON pg_roles.oid = grantee
    WHERE grantee <> holder AND (grantee = 0 OR rolname LIKE 'trellis\_%') GROUP BY source.oid
), objects AS (
    SELECT 'table' AS kind, name, format(
        'owned by %s; row security %s%s; %s %s; granted %s',
        CASE WHEN relowner = owner.id THEN 'owner' ELSE relowner::regrole::text END,
        relrowsecurity::text, CASE WHEN relforcerowsecurity THEN ' forced' END, relpersistence, reloptions, given
    ) AS definition
    FROM tables CROSS JOIN owner LEFT JOIN grants USING (oid)
    UNION ALL
    SELECT 'column', name || '.' || attname, concat_ws(
        ' ', format_type(atttypid, atttypmod), CASE WHEN attnotnull THEN 'NOT NULL' END,
        CASE WHEN attgenerated = 's' THEN 'GENERATED ALWAYS AS' WHEN atthasdef THEN 'DEFAULT' END,
        pg_get_expr(adbin, adrelid)
    )
    FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
    LEFT JOIN pg_attrdef ON adrelid = tables.oid AND adnum = attnum
    UNION ALL
    SELECT 'constraint', name || '.' || conname, pg_get_constraintdef(pg_constraint.oid)
    FROM tables JOIN pg_constraint ON conrelid = tables.oid WHERE contype <> 'n'
    UNION ALL
    SELECT 'index', name || '.' || relation.relname,
           pg_get_indexdef(indexrelid) || CASE WHEN indisvalid AND indisready THEN '' ELSE ' INVALID' END
    FROM tables JOIN pg_index ON indrelid = tables.oid JOIN pg_class AS relation ON relation.oid = indexrelid
    WHERE relation.relname NOT LIKE 'ix\_embeddings\_model\_%'
    UNION ALL
    SELECT 'policy', name || '.' || polname, concat_ws(
        ' ', CASE WHEN polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, polcmd, 'TO', roles,
        'USING', pg_get_expr(polqual, polrelid), 'CHECK', pg_get_expr(polwithcheck, polrelid)
    )
    FROM tables JOIN pg_policy ON polrelid = tables.oid CROSS JOIN owner CROSS JOIN LATERAL (
        SELECT string_agg(CASE id WHEN 0 THEN 'PUBLIC' WHEN owner.id THEN 'owner' ELSE id::regrole::text END, ', '
                          ORDER BY id::regrole::text COLLATE "C") AS roles
        FROM unnest(polroles) AS id
    ) AS whom
    UNION ALL
    SELECT 'trigger', name || '.' || tgname, pg_get_triggerdef(pg_trigger.oid)
    FROM tables JOIN pg_trigger ON tgrelid = tables.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT 'function', format('%s(%s)', proname, pg_get_function_identity_arguments(functions.oid)), format(
        'owned by %s; granted %s; %s', CASE WHEN proowner = owner.id THEN 'owner' ELSE proowner::regrole::text END,
        given, pg_get_functiondef(functions.oid)
    )
    FROM functions CROSS JOIN owner LEFT JOIN grants ON grants.oid = functions.oid
)
SELECT kind, regexp_replace(name, qualifier, '', 'g') AS name,
       CASE WHEN kind IN ('constraint', 'policy', 'index') THEN plain ELSE unqualified END AS definition
FROM objects, format('\m(public|%s)\.', current_schema()) AS qualifier,
     regexp_replace(definition, qualifier, '', 'g') AS unqualified,
     regexp_replace(unqualified, '::(text|character varying)(\[\])?', '', 'g') AS uncast,
     regexp_replace(uncast, '\((''[^'']*'')\)', '\1', 'g') AS bare,
     regexp_replace(bare, '\(\((ARRAY\[[^]]*\])\)\)', '(\1)', 'g') AS plain
ORDER BY kind, name COLLATE "C"
"""
