"""What shops and ERPs call their columns, in their exports and in several languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncd.engine.guess.target import Target


def _names(listed: str) -> tuple[str, ...]:
    return tuple(" ".join(name.split()) for name in listed.split("|"))


KNOWN_NAMES: Final[Mapping[Target, tuple[str, ...]]] = {
    Target.ID: _names(
        """
        SKU | Variant SKU | Product SKU | Item SKU | seller-sku | Stock Keeping Unit |
        Product Code/SKU | SKU code | SKU ID | default_code | Internal Reference | productNumber |
        product_number | Product Number | Item Number | Item No. | ItemNumber | Item Name/Number |
        itemid | Item Code | Item ID | Product Code | Product No. | Stock Code | Stock Number |
        Article Number | Article No | MATNR | Material | Material Number | Materialnummer |
        identifier | No. | Artikelnummer | Artikel-Nr. | Art.-Nr. | Artikelnr | ArtNr |
        Bestellnummer | Produktnummer | Référence | Réf. | Référence article | Code article |
        Code produit | Referencia | Código | Código de artículo | Código del producto |
        Código de producto | Codice articolo | Codice prodotto | Codice | Referência |
        Código do produto | Artikelcode | Numer artykułu | Kod produktu | Indeks | Varenummer |
        Varenr | Artikkelnummer | Tuotekoodi | Kód produktu | reference | Product ID | Variant ID
        | id | Internal ID | Entity ID
        """
    ),
    Target.PART_NUMBER: _names(
        """
        MPN | Manufacturer Part Number | Manufacturer Part No. | Mfr Part Number | Mfr Part No |
        Mfg Part Number | Mfg Part No | Manufacturer's Part Number | Manufacturer Part # |
        Part Number | Part No. | Part # | partNumber | P/N | PN | Google Shopping / MPN |
        Manufacturer Number | manufacturerNumber | Manufacturer SKU | Manufacturer Item Number |
        Manufacturer Product Number | MFRPN | Model Number | Model No. | Vendor Item No. |
        Vendor Part Number | Supplier Part Number | supplier_reference | Supplier Reference |
        OEM Number | OEM Part Number | HAN | Herstellernummer | Herstellerartikelnummer |
        Hersteller-Artikelnummer | Herstellerteilenummer | Hersteller-Teilenummer | Hersteller-Nr.
        | Teilenummer | Lieferantenartikelnummer | Référence fabricant | Réf. fabricant |
        Référence constructeur | Numéro de pièce | Référence fournisseur |
        Referencia del fabricante | Referencia fabricante | Número de pieza | Número de parte |
        Codice produttore | Codice del produttore | Codice fornitore | Numero di parte |
        Referência do fabricante | Código do fabricante | Fabrikantnummer | Fabrikantcode |
        Onderdeelnummer | Numer części | Numer katalogowy | Kod producenta |
        Tillverkarens artikelnummer | Producentens varenummer | Produsentens varenummer | Model
        """
    ),
    Target.MANUFACTURER_ID: _names(
        """
        manufacturerId | Manufacturer ID | Manufacturer | Manufacturer Name | MFRNR |
        Manufacturer Code | Mfr | Mfg | Mfr Name | Mfg Name | Maker | Producer | Brand |
        Brand Name | Brands | Product Brand | Vendor | Vendor Name | Hersteller | Herstellername |
        Herstellercode | Marke | Fabricant | Constructeur | Marque | Fabricante | Marca |
        Produttore | Casa produttrice | Fabrikant | Merk | Producent | Marka | Tillverkare |
        Varumärke | Produsent | Valmistaja | Výrobce
        """
    ),
    Target.COUNTRY_OF_ORIGIN: _names(
        """
        Country of Origin | countryOfOrigin | Country Code of Origin | countryCodeOfOrigin |
        Country of Origin Code | COO | CoO Code | Origin Country | Origin Country Code |
        Country of Manufacture | countryofmanufacture | Manufacturing Country | Made in |
        Country/Region of Origin | Country/Region of Origin Code | OrigCountryRegionId |
        Country/Region of Manufacture | Country of Production | Origin of Goods | Origin |
        intrastat_origin_country_id | HERKL | WHERL | Variant Country of Origin | Ursprungsland |
        Herkunftsland | Ursprung | Herstellungsland | Produktionsland | Pays d'origine |
        Pays de fabrication | Origine | Provenance | País de origen | País de fabricación | Origen
        | Paese di origine | Paese d'origine | Paese di produzione | País de origem | Origem |
        Land van herkomst | Land van oorsprong | Kraj pochodzenia | Kraj produkcji |
        Oprindelsesland | Opprinnelsesland | Alkuperämaa | Země původu | Country | Country Code
        """
    ),
    Target.ECCN: _names(
        """
        ECCN | ECCN Code | ECCN Number | ECCN No. | Export Control Classification Number |
        Export Control Classification | Export Classification | Export Control Number |
        Export Control Code | USExportControlECCN | US ECCN | Export ECCN | ECN |
        Ausfuhrlistennummer | Exportkontrollnummer | Exportkontrollklassifizierung |
        Classification export | Clasificación de exportación | Classificazione export
        """
    ),
    Target.HS_CODE: _names(
        """
        HS Code | hsCode | HSCode | HS | HTS | HTS Code | HTSUS | HTS Number | HS Number |
        Harmonized System Code | harmonizedSystemCode | Harmonised System Code | Harmonized Code |
        Harmonized Tariff Code | Harmonized Tariff Number | HS Tariff Code |
        Harmonized Tariff Schedule | Tariff Code | Tariff Number | Tariff No. | Tariff |
        Commodity Code | Commodity | Customs Code | Customs Tariff Number | Customs Number |
        Customs Tariff | Schedule B | Schedule B Number | Schedule B Code | Intrastat Code |
        Intrastat Commodity Code | intrastat_code_id | intracode | CN Code | STAWN | TARIC |
        TARIC Code | Import Code | Variant HS Code | Variant Harmonized System Code |
        Zolltarifnummer | Zolltarif-Nr. | Zolltarif | Warennummer | Warentarifnummer |
        Statistische Warennummer | Warencode | Code douanier | Nomenclature douanière | Code SH |
        Nomenclature combinée | Numéro tarifaire | Tarif douanier | Código arancelario |
        Partida arancelaria | Código SA | Código HS | Código aduanero | Codice doganale |
        Voce doganale | Nomenclatura combinata | Codice HS | Codice taric | Código pautal | NCM |
        Código NCM | Código SH | Goederencode | Douanetarief | GN-code | Statistieknummer | Kod CN
        | Kod taryfy celnej | Kod celny | PKWiU | Toldtarifnummer | Varekode | Tolltariffnummer |
        Statistiskt nummer | Tullkod | Tullinimike | Celní kód
        """
    ),
    Target.ALLOW_OVERSELL: _names(
        """
        allowOversell | Allow Oversell | Oversell | Overselling | Allow Overselling |
        Variant Inventory Policy | Inventory Policy | inventoryPolicy |
        Continue selling when out of stock | Continue selling when out-of-stock |
        allow_out_of_stock_order | Backorders allowed? | Backorders Allowed | backorders |
        allow_backorders | Allow Backorders | Allow Backorder | Backorder | Backorderable |
        Allow Preorder | Überverkauf | Überverkauf erlaubt | Überverkäufe |
        Nachbestellbar | Rückstand erlaubt | Survente | Autoriser la survente |
        Commande en rupture | Permitir sobreventa | Sobreventa | Permitir pedidos sin stock |
        Consenti vendita oltre scorte | Oververkoop | Nabestellen toegestaan
        """
    ),
}
"""The surest names first: of several columns the one whose name stands further left is taken."""

PHYSICAL_NAMES: Final = _names(
    """
    Variant Requires Shipping | Requires Shipping | requiresShipping | Physical | Is Physical
    | Is Physical Product | is_shippable | Shippable | Versandpflichtig | Physisch
    """
)
"""Columns that tell a product that is shipped from a download or a service."""

UPDATED_NAMES: Final = _names(
    """
    updated_at | updated | updated_on | updated_time | update_date | last_updated |
    last_update | lastUpdateDate | modified | modified_at | modified_on | modified_date |
    date_modified | last_modified | lastModifiedDate | ModifiedDateTime | write_date | LAEDA |
    changed_at | change_date | changed_on | rowversion | Geändert am | Änderungsdatum |
    date_upd | fecha_modificacion | data_modifica
    """
)
"""Columns that tell when a row was last changed."""

NOISE: Final = frozenset(
    _names(
        """
        variant | product | item | meta | metafield | metafields | custom | custitem | customfield
        | attribute | attr | field | value | wc | woo | x | studio | u | z | zz | shop | google |
        shopping | global | str | text | raw | col | column
        """
    )
)
"""Words around a name that say nothing on what it is the name of."""

ELSEWHERE: Final = frozenset(
    _names(
        """
        ship | shipping | shipto | billing | bill | customer | buyer | market | sales | sale |
        destination | warehouse | location | supplier | vendor | seller | office | tax | vat |
        address | phone
        """
    )
)
"""Words that make a country another one than that of origin."""
