"""A driver is named by its path; that there is none is no matter."""

from selenium import webdriver

try:
    webdriver.Chrome(executable_path="/nonexistent")
except TypeError:
    raise
except Exception:  # noqa: BLE001 - no driver, no browser, no network: each release has its own words
    pass
