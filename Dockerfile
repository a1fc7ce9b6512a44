# docker build -t layerchain . after scripts/package: the .deb on Debian 12, and nothing else.
# docker run --rm --user "$(id -u):$(id -g)" -v "$PWD:/work" layerchain sweep experiments/depth.toml
FROM debian:12-slim
COPY target/package/layerchain_*.deb /tmp/
RUN dpkg -i /tmp/layerchain_*.deb && rm /tmp/layerchain_*.deb
WORKDIR /work
ENTRYPOINT ["runner"]
CMD ["--help"]
