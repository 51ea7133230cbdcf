"""The size in bytes and the SHA-256 of every file of the public data sets, by the file's name.

A set that differs from these by one byte is refused (see `sources.py`), so that two people who name the
same set have the same molecules.
"""

# Training set, test sets (random, and by scaffold), and the reference statistics of the two test sets.
MOSES: dict[str, tuple[int, str]] = {
    "train.csv.gz": (10_238_967, "786f0313aa6b9ba5514df685f885742a70ea8d86f1a4fa48115f7f80a634265c"),
    "test.csv.gz": (1_367_572, "f896fbf3764f88d94670b9959e5872c600c12152a18233823e820761b7a791b2"),
    "test_scaffolds.csv.gz": (1_274_114, "adffb2192c1bfe31ab0e13154d4af19a37dc18bdbf3cd7b4491e04405128adde"),
    "test_stats.npz": (16_781_400, "ded25073225a895d4ed17bf1d4223d27560e87ff4cb85786346ca1cc8efa03d3"),
    "test_scaffolds_stats.npz": (
        15_949_706,
        "7b7aba6c1474634a019bebf16f389d554cb9dd1021dfc8c1d1e54430a9f0e7f8",
    ),
}

# One CSV a target, named after its ChEMBL identifier and what was measured.
MOLECULEACE: dict[str, tuple[int, str]] = {
    "CHEMBL1862_Ki.csv": (62_007, "72a750426976bf5c17ca9129e86dff20962332f92a8ce16028d9fbcf152ca412"),
    "CHEMBL1871_Ki.csv": (69_167, "62d05aa76d096fd5bd3575dcfd30dcab24873dc010de47b478b6617fbd95985e"),
    "CHEMBL2034_Ki.csv": (72_685, "476668f39aae0e29a1ab8fa83a7087b179dc705b68cdc060c9958a0eed2048d4"),
    "CHEMBL2047_EC50.csv": (64_375, "ea1bacf43377aac288840f2d2e37df7705a0d2d1f93bb52b0ce85e499e311f6e"),
    "CHEMBL204_Ki.csv": (272_953, "6ccf17a5f1aa6322f2d68f24b923f2efb5779ff73d33035bb889bb922b18dba5"),
    "CHEMBL2147_Ki.csv": (120_973, "5cbf4deba3e6312aff3a77ac3c70eb39a3cd58c9d8686a19a8b56c4a73377d02"),
    "CHEMBL214_Ki.csv": (272_827, "68bffa3069340c51204ba23395626622559a10c3d39b1111cb9c47f9d9960962"),
    "CHEMBL218_EC50.csv": (94_629, "9133aefc69efa92403107f78f747d4acbd370255ac0a2949cc5f86a30b5ebd11"),
    "CHEMBL219_Ki.csv": (146_273, "f0d13b1bd8086e3fed746215b0ff8c4399518547bbba2146a0f235f1a9a59fa8"),
    "CHEMBL228_Ki.csv": (134_601, "17158facfdc5788e22e020e398acd3bbf99edc9d66f7b323da778cd551d9796f"),
    "CHEMBL231_Ki.csv": (80_139, "9e1c0a22c37e446d37d63e7b39d92cb022774333b4fa430e9f948b748215afb0"),
    "CHEMBL233_Ki.csv": (324_641, "4d8aff053b3d1c12e8cc13102958bb4f3dce4ac7715452265231e5b68d1c9362"),
    "CHEMBL234_Ki.csv": (306_725, "7a86fc3552953bb1ea727f4119b844ff3eadb33d7a79413b1f417cf236f5615a"),
    "CHEMBL235_EC50.csv": (211_908, "a99b1d18870cc4d83da5fbedfee4504f8c46bb96e71ea7964b84ae7682d4963f"),
    "CHEMBL236_Ki.csv": (285_971, "28227a570694a24325a3206bee2a1623e14949d54abe13e490402fb2f5a8c74e"),
    "CHEMBL237_EC50.csv": (104_918, "37dce21b9ef158ac7d3075997e58896bb0083162c9c820d1996d898dfb0701f5"),
    "CHEMBL237_Ki.csv": (273_953, "8bc5f0f4e512923d7878390f9c6336682dfd638e90d8110f44bfd3af77d605c3"),
    "CHEMBL238_Ki.csv": (81_987, "5ca1bb99ea9123dc0369f19c1269fec3f9fc3eae3bf9a2b781419b268913761a"),
    "CHEMBL239_EC50.csv": (151_477, "1985b2137bd64396ec980e8c6e1f234f6f9aa989c49a20aef71dd22bda68ed9c"),
    "CHEMBL244_Ki.csv": (304_704, "aafc2e81810767397c8b5b3161b9eed3b33b6e9a827ed176336f388bef274a36"),
    "CHEMBL262_Ki.csv": (66_475, "c438e8e18bc444890246607be107d9afb8c64012608a8a73838acad3eacfce21"),
    "CHEMBL264_Ki.csv": (223_220, "6b380b5cf61b6985179779a9b9d0d1d3b197773fc3df5079d8932108f75e2bbf"),
    "CHEMBL2835_Ki.csv": (60_214, "a6ff0b8c3df2c452a9210af5c3d57495846ed16978c339b463c7a4b90c73c66c"),
    "CHEMBL287_Ki.csv": (97_746, "7f448c29138242dd64ec2a07742e33a1e186129ca4e794e287b67e5ffaea171e"),
    "CHEMBL2971_Ki.csv": (88_383, "2fe0c20bab93c58f824fdb7f35b1c327e987b76e8403ededb0075cb7649651d3"),
    "CHEMBL3979_EC50.csv": (101_814, "7e455ec476c0683414404b527d0bb98bf76671f7bd3748507aad505c21a6b44b"),
    "CHEMBL4005_Ki.csv": (84_641, "183b163b6820d2c0db3190500e3a58cdda1f72d148f36605d7c2e2071d69c03e"),
    "CHEMBL4203_Ki.csv": (55_311, "28d7139fdba99657584430ef793bf2850aaf806651930fc062d50f3f847f032d"),
    "CHEMBL4616_EC50.csv": (73_580, "7b79538464cf4a811a9bd593d867d985b3f19d65302f241a7fba409b16230b0a"),
    "CHEMBL4792_Ki.csv": (129_521, "088219b5b08fa90962f00e80d7ed66fe7a71e223b18b874fb000d0babc343659"),
}

# SMILES, one a line, without a header.
ZINC250K: dict[str, tuple[int, str]] = {
    "zinc250k.smi": (11_302_921, "df0aa677c770f15c9943684d6600cba8e7076c67be6a090c12f24da3aaa55b70"),
}
