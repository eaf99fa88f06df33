"""Who is asking."""

from django.http import HttpRequest

from people.models import Person


def person_of(request: HttpRequest) -> Person:
    """The signed-in person, for views that ask for one."""
    assert isinstance(request.user, Person), "this view needs login_required"
    return request.user
