"""The two letters of the mission, acted out sentence by sentence, in Chromium.

Each test is one sentence that a customer was told. They are read on a desktop in English and on a
telephone in German: what a page says is asked of the catalogs, where it stands of the page.
"""
