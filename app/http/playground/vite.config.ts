// Bundles GraphiQL with its editor, fonts and workers into dist/, which page.py serves.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/graphql/",
  logLevel: "warn", // a hundred names of files would push the first words of `make run` out of sight
  build: {
    // The code editor alone is larger than what Vite warns of; it loads while the frame is already drawn.
    chunkSizeWarningLimit: 4000,
    reportCompressedSize: false,
    // The animation library's "use client" concerns rendering on a server, which nobody does here.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
