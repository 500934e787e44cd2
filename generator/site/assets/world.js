// The fake TMDB that "Try it" calls. `make docs-serve` replaces this file with the address of the fake that it starts.
window.tmdbFake = {url: "http://127.0.0.1:8000", token: "eyJ.fake.token"};
