/** Keeping the lists on the screen true to what was written, without asking for them again. */

interface Edge {
  cursor: string;
  node: { id: string; createdAt: string };
}

interface List<E extends Edge> {
  edges: E[];
  pageInfo: { hasNextPage: boolean };
  totalCount: number;
}

/** A list, the newest first, with the edge in its place where it `belongs` there, and without it where not; never twice. */
export function placed<E extends Edge, L extends List<E>>(list: L, edge: E, belongs: boolean): L {
  const others = list.edges.filter(({ node }) => node.id !== edge.node.id);
  const wasThere = others.length < list.edges.length;
  if (wasThere === belongs) return list;
  if (!belongs) return { ...list, edges: others, totalCount: list.totalCount - 1 };
  return { ...list, edges: inserted(list, edge), totalCount: list.totalCount + 1 };
}

function inserted<E extends Edge>({ edges, pageInfo }: List<E>, edge: E): E[] {
  const place = edges.findIndex(({ node }) => node.createdAt < edge.node.createdAt);
  if (place >= 0) return edges.toSpliced(place, 0, edge);
  return pageInfo.hasNextPage ? edges : [...edges, edge]; // a later page will bring it
}
