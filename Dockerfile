FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/storyfold
COPY pyproject.toml constraints.txt ./
# The dependencies have a layer of their own: a change of the code alone does not fetch them again.
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > requirements.txt \
 && pip --python /opt/storyfold/bin/python install --no-cache-dir --requirement requirements.txt --constraint constraints.txt
COPY . .
RUN pip --python /opt/storyfold/bin/python install --no-cache-dir --no-deps .

FROM python:3.12-slim
# The folders are open to every user, for containers that run under the uid of the drop folder's owner.
RUN groupadd --gid 1000 storyfold \
 && useradd --uid 1000 --gid 1000 --home-dir /var/lib/storyfold --no-create-home --shell /usr/sbin/nologin storyfold \
 && install --directory --mode 0777 /var/lib/storyfold /drop
COPY --from=build /opt/storyfold /opt/storyfold
ENV PATH=/opt/storyfold/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    STORYFOLD_DATA_DIR=/var/lib/storyfold \
    STORYFOLD_DROP_DIR=/drop
USER 1000:1000
# An empty folder: Celery imports from the current one first.
WORKDIR /var/lib/storyfold
STOPSIGNAL SIGTERM
ENTRYPOINT ["storyfold"]
CMD ["--help"]
