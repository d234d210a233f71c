/** Which page an address shows. */
import { Route, Routes } from "react-router";

import { Board } from "./board/Board";
import { Details } from "./details/Details";
import { Layout } from "./layout/Layout";
import { Organizations } from "./organizations/Organizations";
import { Search } from "./search/Search";
import { Settings } from "./settings/Settings";
import { Teams } from "./teams/Teams";
import { Trash } from "./trash/Trash";

export function App() {
  return (
    <Routes>
      <Route index element={<Organizations />} />
      <Route path=":slug" element={<Layout />}>
        <Route index element={<Teams />} />
        <Route path="teams/:teamId" element={<Board />}>
          <Route path=":taskId" element={<Details />} />
        </Route>
        <Route path="search" element={<Search />} />
        <Route path="trash" element={<Trash />} />
        <Route path="settings" element={<Settings />} />
      </Route>
    </Routes>
  );
}
