"""A catalog in the SKUs of an account at Digital River."""

from syncd.catalog.from_digital_river.fetcher import SkuFetcher

__all__ = ["SkuFetcher"]
