# syntax=docker/dockerfile:1
# One image for all four parts; compose.yaml says which command each runs (docs/running.md).

FROM python:3.11-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
COPY requirements.txt requirements-sentry.txt /tmp/
RUN /opt/venv/bin/pip install -r /tmp/requirements.txt -r /tmp/requirements-sentry.txt

FROM python:3.11-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    STATIC_MANIFEST=true MEDIA_ROOT=/var/lib/musubi/media
RUN useradd --system --uid 10001 --home-dir /var/lib/musubi --create-home musubi \
    && mkdir -p /var/lib/musubi/media && chown musubi: /var/lib/musubi/media
COPY --from=build /opt/venv /opt/venv
WORKDIR /srv/musubi
COPY manage.py ./
COPY config config
COPY crm crm
COPY inbox inbox
COPY templates templates
COPY static static
# The keys of this one command sign and encrypt nothing: it only copies files.
RUN SECRET_KEY=build FERNET_KEYS=build MESSAGE_ID_KEYS=build CELERY_BROKER_URL=memory:// \
    DATABASE_URL=sqlite://:memory: python manage.py collectstatic --no-input
USER 10001
VOLUME ["/var/lib/musubi/media"]
EXPOSE 8000
STOPSIGNAL SIGTERM
# Of the web part; compose.yaml switches it off for the parts that listen nowhere.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s CMD ["python", "-m", "config.alive"]
CMD ["gunicorn", "config.wsgi:application", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--threads", "8", "--no-control-socket", "--worker-tmp-dir", "/dev/shm"]
