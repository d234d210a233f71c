/** Serves the board at the address of its own server, and passes on what it asks of Trellis. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const proxy = { "/graphql": process.env["TRELLIS_ADDRESS"] ?? "http://127.0.0.1:8000" };

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy },
  build: {
    // Packages change less often than the board: browsers keep them for longer.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "packages", test: /node_modules/ }] } } },
  },
});
