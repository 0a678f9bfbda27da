# The server as it runs in production: docker build -t vestibule .
FROM node:20.20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && node scripts/runtime-packages.mjs /runtime

FROM node:20.20-bookworm-slim
ENV NODE_ENV=production PROFILE=production DATA_DIR=/data
WORKDIR /app
COPY package.json ./
COPY --from=build /runtime node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/prisma/migrations prisma/migrations
COPY --from=build /app/lists lists
RUN mkdir /data && chown node:node /data && chmod 700 /data
USER node
VOLUME /data
EXPOSE 4000
# Whether the process lives. Whether it is ready is for the proxy to ask: a database that is away is no reason to
# start every server anew.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 4000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.cjs"]
