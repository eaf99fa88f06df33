from django.conf import settings
from django.urls import path

from people.views import demo, imports, me

urlpatterns = [
    path("me/", me.me, name="me"),
    path("people/imports/", imports.people_imports, name="people_imports"),
    path("people/imports/sample.csv", imports.people_import_sample, name="people_import_sample"),
    path("people/imports/<uuid:uid>/", imports.people_import, name="people_import"),
    path("people/imports/<uuid:uid>/apply/", imports.people_import_apply, name="people_import_apply"),
    path("people/imports/<uuid:uid>/discard/", imports.people_import_discard, name="people_import_discard"),
]
if settings.DEMO:
    urlpatterns.append(path("demo/sign-in/", demo.demo_login, name="demo_login"))
