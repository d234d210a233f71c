/** The teams of an organization, and its other pages. */
import { NavLink } from "react-router";

import type { Organization } from "./Layout";

export function Sidebar({ organization: { slug, teams } }: { organization: Organization }) {
  return (
    <nav className="sidebar" aria-label="Teams">
      {teams.edges.map(({ node: team }) => (
        <NavLink key={team.id} to={`/${slug}/teams/${team.id}`}>
          <span className="key">{team.key}</span> {team.name}
        </NavLink>
      ))}
      <hr />
      <NavLink to={`/${slug}`} end>
        All teams
      </NavLink>
      <NavLink to={`/${slug}/trash`}>Trash</NavLink>
      <NavLink to={`/${slug}/settings`}>Settings</NavLink>
    </nav>
  );
}
