/** The teams of an organization. */
import { Link } from "react-router";

import { useOrganization } from "../layout/Layout";
import { NewTeam } from "./NewTeam";

export function Teams() {
  const organization = useOrganization();

  return (
    <main className="page narrow">
      <h1>{organization.name}</h1>
      <ul className="list">
        {organization.teams.edges.map(({ node: team }) => (
          <li key={team.id}>
            <Link to={`/${organization.slug}/teams/${team.id}`}>
              <span className="key">{team.key}</span> {team.name}
            </Link>
          </li>
        ))}
      </ul>
      {organization.viewerPermissions.includes("CREATE_TEAM") && <NewTeam organizationId={organization.id} />}
    </main>
  );
}
