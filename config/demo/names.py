"""Invented names. Any likeness is chance."""

GIVEN = (
    """
    Ada Ade Aiko Alejandra Alma Amara Amina Anders Anika Anselm Aria Arjun Astrid Ayumi Bashir Beatriz
    Bo Bram Camille Carla Cem Chidi Clara Cyril Dana Darius Delia Dev Dina Edda Eitan Elif Elio Emeka
    Emma Esra Eva Farid Fatima Felix Femi Fiona Gao Greta Hana Hassan Hedda Hugo Ida Ilse Imani Ines
    Ivan Jana Javier Jin Joana Jonas Jules Kai Kamal Karin Kofi Lars Laure Layla Lena Leo Lian Lina Lior
    Lucia Mael Maia Malik Marc Mariam Marta Mei Mila Mira Mona Nadia Naoki Nia Niels Nils Noor Nuria Oda
    Omar Orla Oskar Paloma Paul Petra Priya Quentin Rafael Rania Ravi Renata Rosa Rui Sami Sanna Sara
    Selma Sina Sofia Soren Suki Tamar Tariq Tessa Theo Tilda Tomas Uma Ulf Vera Viktor Wanda Wen Xenia
    Yara Yusuf Zahra Zeno Zoe
    """
).split()

FAMILY = (
    """
    Abara Adeyemi Aguirre Ahlberg Akiyama Alami Almeida Amari Anand Andersen Arslan Asante Baptiste
    Barros Basu Becker Benali Berger Bianchi Bjork Blanc Bolton Brandt Brennan Bui Cabral Caron Castell
    Chandra Chen Costa Cruz Dahl Dang Dietrich Diop Dubois Duarte Eriksen Escobar Evans Farah Faure
    Ferro Fischer Fontaine Foss Fournier Fujita Gallo Garnier Ghosh Girard Gomez Grant Haddad Hagen Hale
    Hansen Haruna Heller Hoang Holm Ibarra Iqbal Ito Jansen Jimenez Joshi Kamara Kaplan Karlsen Kato
    Keita Kemal Khoury Kim Klein Kone Kovac Kraus Kumar Lahti Lambert Larsen Laurent Leclerc Lim
    Lindqvist Lopez Lund Maier Mansour Marchetti Marin Mbeki Mendes Mercier Meyer Moreau Mori Moss
    Muller Nakata Navarro Nguyen Novak Oduya Okafor Olsen Ortega Osei Ozturk Park Patel Pereira Perrin
    Petrov Quispe Rahman Ramos Reyes Ribeiro Ricci Rivera Roche Rossi Roy Ruiz Saito Salazar Santos Sato
    Schmidt Seck Sharma Silva Singh Sorensen Sousa Suzuki Tanaka Tavares Thorne Toure Tran Valdez Varga
    Vasquez Vidal Vogel Wagner Walker Wang Weber Whitfield Winter Wolf Yamada Yilmaz Zhang Zimmer
    """
).split()
