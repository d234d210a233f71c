/** What stands around each page of an organization: its teams at the left, search at the top. */
import { useQuery } from "@apollo/client/react";
import { Outlet, useOutletContext, useParams } from "react-router";

import { graphql } from "../generated";
import type { LayoutQuery } from "../generated/graphql";
import { Waiting } from "../messages/Waiting";
import { Sidebar } from "./Sidebar";
import { TopBar } from "./TopBar";
import { useNews } from "./useNews";

const LAYOUT = graphql(`
  query Layout($slug: String!) {
    viewer {
      user {
        id
        name
      }
    }
    organization(by: { slug: $slug }) {
      id
      name
      slug
      viewerPermissions
      teams(first: 100) {
        edges {
          cursor
          node {
            id
            key
            name
          }
        }
      }
      events(first: 1) {
        edges {
          cursor
        }
      }
    }
  }
`);

export type Organization = NonNullable<LayoutQuery["organization"]>;

/** The organization that the page belongs to. */
export const useOrganization = () => useOutletContext<Organization>();

export function Layout() {
  const { slug = "" } = useParams();
  const { data, error } = useQuery(LAYOUT, { variables: { slug } });
  useNews(data?.organization);

  if (!data) return <Waiting error={error} />;
  if (!data.organization) return <p className="page">There is no organization {slug}, or it is not yours.</p>;
  return (
    <div className="layout">
      <TopBar organization={data.organization} name={data.viewer?.user?.name} />
      <Sidebar organization={data.organization} />
      <Outlet context={data.organization} />
    </div>
  );
}
