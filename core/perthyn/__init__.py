"""perthyn: a plugin-based, bilingual CRM for museums, historic houses and charities."""
