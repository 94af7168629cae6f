"""What the tests stand on: servers, browsers and a site to sign in to. It never asserts."""
