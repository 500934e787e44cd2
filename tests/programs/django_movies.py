"""A site about movies with Django: python -m django runserver --settings=django_movies --pythonpath=.

`python -m django test` runs its tests, `django_movies_tests.py`.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import render
from django.urls import path

from tmdbkit import TMDB, InvalidArgumentError, NotFoundError, images, where_to_watch

ROOT_URLCONF = __name__
ALLOWED_HOSTS = ["localhost"]
SECRET_KEY = os.environ.get("SECRET_KEY", "only for tests")
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [Path(__file__).with_name("templates")]}]

tmdb = TMDB()  # for all threads of the process


def movie(request: HttpRequest, movie_id: int) -> HttpResponse:
    try:
        found = tmdb.movies.details(movie_id, append_to_response=["credits", "watch/providers"])
        offers = where_to_watch(found, request.GET.get("country", "US"))
    except NotFoundError:
        raise Http404("There is no such movie.") from None
    except InvalidArgumentError as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    return render(request, "movie.html", {"movie": found, "poster": images.poster_url(found.poster_path, width=300), "offers": offers})


def search(request: HttpRequest) -> HttpResponse:
    title, number = request.GET.get("title", ""), request.GET.get("page", "1")
    try:
        page = tmdb.search.movie(title, page=int(number)) if title else None
    except (ValueError, InvalidArgumentError) as error:
        return HttpResponseBadRequest(str(error), content_type="text/plain")
    return render(request, "search.html", {"title": title, "page": page})


urlpatterns = [path("", search, name="search"), path("movies/<int:movie_id>", movie, name="movie")]
