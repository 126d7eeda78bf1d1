# Billproof's own image: the service, the contract's server, and the set-up of a Fabric network.
# The Node is the one that scripts/runtime.mjs pins; a test holds the two equal.
FROM node:24.21.0-trixie-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# As everywhere in this project, no package's own install script is run.
RUN npm ci --ignore-scripts
COPY . .
RUN node web/build.ts

FROM node:24.21.0-trixie-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev && npm cache clean --force
# The page of the API's description is one file of this package; it needs nothing else of it.
COPY --from=build /app/node_modules/@scalar/api-reference/ node_modules/@scalar/api-reference/
COPY . .
COPY --from=build /app/web/dist/ web/dist/
# A named volume takes its owner from here when it is first used.
RUN mkdir -p /data /keys /checkpoints /network && chown node:node /data /keys /checkpoints /network
USER node
EXPOSE 8600 8601
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8600/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "api/main.ts"]
