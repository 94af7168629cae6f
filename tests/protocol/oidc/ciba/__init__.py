"""An application that asks behind the browser: what it sends, and what it is told."""
