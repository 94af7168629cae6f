"""Hashes of one password as other programs made them; `PASSWORD` opens all but Firebase's.

Made by Django 5.2, Werkzeug 3, PHP 8.2, OpenLDAP 2.5, `bcrypt` 6 and `bcryptjs` 3 of Node,
`aspnetcore-identity-password-hasher` 1.1, Keycloak 25 and `firebase-scrypt` 2.2.
"""

PASSWORD = "harbour lantern sixpence"
FIREBASE_PASSWORD = "user1password"
FIREBASE = (
    "firebase:14:8:Bw==:jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0Qs"
    "EmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZ"
    "qAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=="
)
"""The example of its documentation."""
KEYCLOAK_ARGON2 = (
    '{"type": "password", "secretData": "{\\"value\\":\\"G928ITWu0HZLZswiK+T2+ANa1jN'
    'e9RSurFzfEKSZp28=\\",\\"salt\\":\\"xTApmlXskBv3WEv2QqB4Ig==\\",\\"additionalParame'
    'ters\\":{}}", "credentialData": "{\\"hashIterations\\":5,\\"algorithm\\":\\"argon2'
    '\\",\\"additionalParameters\\":{\\"hashLength\\":[\\"32\\"],\\"memory\\":[\\"7168\\"],\\'
    '"type\\":[\\"id\\"],\\"version\\":[\\"1.3\\"],\\"parallelism\\":[\\"1\\"]}}"}'
)
KEYCLOAK_SHA256 = (
    '{"type": "password", "secretData": "{\\"value\\":\\"wF0eg63dG03BK46NmBoZfxwwT/FvbHg1iTs'
    'LQWDIi2w=\\",\\"salt\\":\\"CyY066SwvvVn5+CH++87fw==\\",\\"additionalParameters\\":{}}", "cr'
    'edentialData": "{\\"hashIterations\\":27500,\\"algorithm\\":\\"pbkdf2-sha256\\",\\"addition'
    'alParameters\\":{}}"}'
)
KEYCLOAK_SHA512 = (
    '{"type": "password", "secretData": "{\\"value\\":\\"Sm37TF0UWO7HaRda2h8Jbwqwy7Mz1ts3b7r'
    '6U5zIMLVbZfXI/8L3qx6Ea2vCNVrRJLO1W5XesUymqeV6RPUv2A==\\",\\"salt\\":\\"fYWAUXZ7KUUxdMjVD'
    'oWdbg==\\",\\"additionalParameters\\":{}}", "credentialData": "{\\"hashIterations\\":2100'
    '00,\\"algorithm\\":\\"pbkdf2-sha512\\",\\"additionalParameters\\":{}}"}'
)
KEYCLOAK_TOTP = (
    '{"type": "otp", "secretData": "{\\"value\\":\\"abcdefghijklmnopqrst\\"}", "credentialDat'
    'a": "{\\"subType\\":\\"totp\\",\\"digits\\":6,\\"counter\\":0,\\"period\\":30,'
    '\\"algorithm\\":\\"HmacSHA1\\"}"}'
)
STRONG = {
    "django pbkdf2 sha256": "pbkdf2_sha256$120000$saltsaltsalt$dE6B4sur1Cweuk2l4YmQdOe7VVSrx9lpZLi"
    "UADXPPBo=",
    "django pbkdf2 sha1": "pbkdf2_sha1$120000$saltsaltsalt$RP2boAe593/mfOuUkB+mOlroPes=",
    "django scrypt": "scrypt$16384$saltsaltsalt$8$5$zpp5/KXQKvqkcEa0o4OTKt14csmBcfqOmbWsNY58rd8/8"
    "taNF66PJjv/XH3rcpyDTq731GjgHdPm4BE4hProMA==",
    "werkzeug scrypt": "scrypt:32768:8:1$unfvVA6uqhY95xZj$18dbbfe89f4e0354c6707fd6e744a2d9c199d3a"
    "4c54c099e323d0306695297b17379553d1b6fad3f73eace7f0d1604efaca1c0593f56539ac0853d8e51d137ba",
    "werkzeug pbkdf2": "pbkdf2:sha512:200000$Os6t2M7tYHHAaaKt$b6c0dbbd52a51fa7909b7cb288653aeec47"
    "e"
    "6589b2d79c23aad768d57577233b30502cd6c66424ad39f934ef13663b4f67aa3489501301176ce366bd979c13ad",
    "node bcrypt": "$2b$10$znSLAr1eTxRZ3ALj5YJUpuj5QgkHTtb9YKAfLwtTbnlGhmVTft0Te",
    "node bcryptjs": "$2b$10$43VHY.FuJ1c3t.GQg0bBMeFWjYF3CcSULMwHaR1jbSzVbBpr.EvHu",
    "php bcrypt": "$2y$10$3ia7DwPvOnDy7yXhRjBiFuqevuLqjFjU5AmsRHaJnNwZarMuLM89O",
    "php argon2id": "$argon2id$v=19$m=19456,t=2,p=1$REZPOE9yYWcxY0k4aWxzeg$QfdLzXzBs8a7bHL2rOJtBXw"
    "JLi2GlggRaKv17L3J6LE",
    "php crypt sha256": "$5$rounds=7000$saltysalt$gbgbpucIkwIpXOPXyJAp7Jexb3P8KBeyHkTo2pqdVFD",
    "php crypt sha512": "$6$saltysalt$bgHjNnckuAeE6AHJavkrWntV9tBvsbix.g4c3eCycaSQT7He1Z3VcYH5a8j"
    "DP/b7S1upOiyIoM3n5t3kDJStT/",
    "keycloak argon2": KEYCLOAK_ARGON2,
    "keycloak pbkdf2 sha512": KEYCLOAK_SHA512,
}
WEAK = {
    "django md5": "md5$saltsaltsalt$722e6b1a36adb2487fc293a96da21377",
    "openldap ssha": "{SSHA}eYZBRVqO7YOTtcQuiLDj1nvNofUEFHw4",
    "openldap smd5": "{SMD5}gLGj6X2BlbfT6USHqVP/vI9sMCw=",
    "openldap sha": "{SHA}JO85YnO53XSGe4vE3TTLDw8JkUs=",
    "openldap ssha512": "{SSHA512}D68ToSoP40fGQxHzB5Y0tGdNl1FYGj16E4Sm62/xXH2+TBXBPDI4BdDVGw1aO9Xt"
    "nHNsBLrhslhLd/lpbKw1t2byjyE84Uc7",
    "asp.net identity v3": "AQAAAAEAACcQAAAAEPG8rT9xbHd1fKdPVMid9TUx2uV3IgDrMwC8vdxsdvcpdXOrXPTMeN"
    "XvlscxBRQZeA==",
    "keycloak pbkdf2 sha256": KEYCLOAK_SHA256,
}
"""What is kept inside Argon2id alone: fast digests, and few iterations."""
