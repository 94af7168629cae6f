"""Programs that tests start: databases, browsers, proxies, an Acrux of its own."""
