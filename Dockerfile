FROM python:3.11-slim AS packages
COPY requirements/setup.txt requirements/base.txt /requirements/
RUN python -m venv /opt/ithaca \
 && pip install --no-cache-dir --require-hashes -r /requirements/setup.txt \
 && uv pip install --no-cache --python /opt/ithaca/bin/python --require-hashes -r /requirements/base.txt

FROM python:3.11-slim
ENV PATH=/opt/ithaca/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    ITHACA_VAR=/data \
    STATIC_ROOT=/srv/static
RUN useradd --system --uid 10001 --no-create-home ithaca \
 && install -d -o ithaca -g ithaca -m 0700 /data
COPY --from=packages /opt/ithaca /opt/ithaca
COPY . /srv/ithaca
WORKDIR /srv/ithaca
# Static files belong to the image; the settings want secrets, and these open nothing.
RUN python -m core.catalog compile \
 && SECRET_KEY=build LINK_KEY=build SEAL_KEYS=build ALLOWED_HOSTS=build BASE_URL=https://build \
    DATABASE_URL=postgresql://build/build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput
USER ithaca
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--preload", "--workers", "2", "--threads", "4"]
