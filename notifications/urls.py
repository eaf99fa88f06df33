from django.conf import settings
from django.urls import path

from notifications.views import home, links, mailbox, preferences

urlpatterns = [
    path("", home.home, name="home"),
    path("me/mail/", preferences.mail_settings, name="mail_settings"),
    path("me/mail/off/<str:token>/", preferences.mail_off, name="mail_off"),
    path("l/", links.link, name="link"),
    path("l/<str:token>/", links.enter, name="link_enter"),
]
mailbox_urls = [
    path("mailbox/", mailbox.mails, name="mailbox"),
    path("mailbox/<str:name>/", mailbox.mail, name="mailbox_mail"),
    path("mailbox/<str:name>/html/", mailbox.mail_html, name="mailbox_html"),
]
# Shows everybody's mail to everybody: not even an address of it anywhere else.
if settings.DEMO or settings.DEBUG:
    urlpatterns += mailbox_urls
