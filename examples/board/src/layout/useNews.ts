/** Hearing of what others do to tasks, by one small query that mostly answers nothing. */
import { useApolloClient } from "@apollo/client/react";
import { useEffect } from "react";

import { graphql } from "../generated";
import { place } from "../tasks/place";
import type { Organization } from "./Layout";

const EVERY = 5000; // milliseconds

const NEWS = graphql(`
  query News($slug: String!, $first: Int, $before: String, $last: Int) {
    organization(by: { slug: $slug }) {
      id
      events(first: $first, before: $before, last: $last) {
        edges {
          cursor
          node {
            id
            subject {
              id
              ...Card
            }
          }
        }
      }
    }
  }
`);

export function useNews(organization: Organization | null | undefined): void {
  const client = useApolloClient();
  const slug = organization?.slug;
  const newest = organization?.events.edges[0]?.cursor;
  const teamIds = organization?.teams.edges.map(({ node }) => node.id).join(" ");

  useEffect(() => {
    if (!slug) return;
    const page = newest ? { before: newest, last: 100 } : { first: 100 };
    async function hear() {
      if (document.hidden) return;
      const { data } = await client.query({
        query: NEWS,
        variables: { slug: slug!, ...page },
        fetchPolicy: "network-only",
        errorPolicy: "all", // the next time it may work
      });
      for (const { node } of data?.organization?.events.edges ?? []) {
        if (node.subject?.__typename !== "Task") continue;
        for (const teamId of teamIds!.split(" ")) place(client.cache, node.subject, teamId);
      }
    }
    const timer = setInterval(hear, EVERY);
    return () => clearInterval(timer);
  }, [client, slug, newest, teamIds]);
}
