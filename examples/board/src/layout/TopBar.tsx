/** The bar at the top: where one is, search, and who one is. */
import { Link, useNavigate, useSearchParams } from "react-router";

import { useSignOut } from "../session/Session";
import type { Organization } from "./Layout";

export function TopBar({ organization, name }: { organization: Organization; name?: string }) {
  const navigate = useNavigate();
  const [parameters] = useSearchParams();
  const signOut = useSignOut();

  function search(form: FormData) {
    const query = new URLSearchParams({ q: String(form.get("q")) });
    void navigate(`/${organization.slug}/search?${query}`);
  }

  return (
    <header className="top-bar">
      <Link to="/" className="brand">
        Trellis
      </Link>
      <Link to={`/${organization.slug}`}>{organization.name}</Link>
      <form action={search} role="search">
        <input
          key={parameters.get("q")}
          name="q"
          type="search"
          placeholder="Search tasks by words or meaning"
          aria-label="Search"
          defaultValue={parameters.get("q") ?? ""}
          required
        />
      </form>
      <span className="quiet">{name}</span>
      <button onClick={signOut}>Sign out</button>
    </header>
  );
}
