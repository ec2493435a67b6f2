# Two images from one file; the verb says which process runs. Kafka and PostgreSQL are images of their own.
#
#   --target flagfive   every process but the adaptation worker; it has no torch
#   --target adapter    the whole command, with torch: the adaptation worker, `train`, `prior` (the default)
#
#   --build-arg TORCH_INDEX=ADDRESS   take torch from another index, for example one with CPU-only builds, without a
#                                     check of its hash. Without it torch comes with CUDA libraries, 5 GB of them
#   --build-arg REVISION=$(git rev-parse HEAD)   for the label org.opencontainers.image.revision
#   --secret id=pip,src=PIP.CONF      settings of pip for the build: index, proxy, certificates
ARG PYTHON=3.11.14-slim-bookworm

FROM python:${PYTHON} AS wheels
# Wheels only, each checked by its hash: nothing is compiled and no build tool is needed.
COPY requirements/runtime.txt /all.txt
RUN awk '/^[^ ]/ { keep = !/^(torch|triton|nvidia-[^=]*|cuda-[^=]*)==/ } keep' /all.txt >/without_gpu.txt \
    && awk '/^[^ ]/ { keep = !/^(sympy|mpmath|networkx)==/ } keep' /without_gpu.txt >/without_torch.txt \
    && python -m venv /environment
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    /environment/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r /without_torch.txt

FROM wheels AS environment
# The tests of packages, and pip, are a sixth of their size.
RUN find /environment -type d -name tests -prune -exec rm -r {} + \
    && /environment/bin/pip uninstall --quiet --yes pip

FROM wheels AS environment-with-torch
ARG TORCH_INDEX=
RUN --mount=type=secret,id=pip,target=/etc/pip.conf \
    if [ -n "$TORCH_INDEX" ]; then \
        /environment/bin/pip install --no-cache-dir --no-deps --only-binary :all: --index-url "$TORCH_INDEX" \
            "$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' /all.txt)" && all=/without_gpu.txt; \
    fi \
    && /environment/bin/pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r "${all:-/all.txt}" \
    && find /environment -type d -name tests -prune -exec rm -r {} + \
    && /environment/bin/pip uninstall --quiet --yes pip

FROM python:${PYTHON} AS code
# lightgbm and scikit-learn compute with OpenMP.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home flagfive

WORKDIR /app
COPY features features
COPY meta meta
COPY storage storage
COPY contracts contracts
COPY control control
COPY stream stream
COPY adaptation adaptation
COPY recorder recorder
COPY decisions decisions
COPY simulate simulate
COPY replay replay
COPY distributed distributed
COPY rules rules
COPY monitoring monitoring
COPY evidence evidence
COPY console console
COPY settings settings
COPY flagfive flagfive
COPY flagfive.toml flagfive.toml

# Code is root's and read-only to the process. All that it writes lies in /app/var: compiled kernels too, so
# that a restart does not compile again.
ENV PATH=/environment/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CACHE_DIR=/app/var/numba
RUN mkdir var && chown flagfive var
USER 10001
ENTRYPOINT ["python", "-P", "-m", "flagfive"]
CMD ["--help"]
LABEL org.opencontainers.image.title=flagfive \
    org.opencontainers.image.version=0.1.0 \
    org.opencontainers.image.licenses=Apache-2.0

FROM code AS flagfive
COPY --from=environment /environment /environment
VOLUME /app/var
ARG REVISION=unknown
LABEL org.opencontainers.image.revision=$REVISION

FROM code AS adapter
COPY --from=environment-with-torch /environment /environment
VOLUME /app/var
ARG REVISION=unknown
LABEL org.opencontainers.image.revision=$REVISION
