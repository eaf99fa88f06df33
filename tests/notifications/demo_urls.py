"""The addresses of the demo: those of the product, and the mailbox."""

from config.urls import urlpatterns as own
from notifications.urls import mailbox_urls

urlpatterns = [*own, *(url for url in mailbox_urls if url not in own)]
