"""Every page as axe-core sees it: WCAG 2.2 AA, on a narrow screen, light and dark."""
