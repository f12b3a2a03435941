"""Flask-Security (formerly Flask-Security-Too) under gunicorn with SQLite, beside which `make bench` measures: sign-in by e-mail
and password, everything at its defaults (Argon2 as its hashing library has it, CSRF tokens in forms, sessions in signed
cookies, templates of the project itself). It has no limits. Five synchronous workers, as gunicorn's manual has it for two
cores: (2 x cores) + 1. Must not be taken for an example of how to use it.

    python server.py seed COUNT         makes the database with so many people
    gunicorn --workers 5 server:app
    PEER_DATABASE, PEER_SECRET          the file, and what signs cookies
    PEER_HASH=argon2                    Argon2id m=19456 t=2 p=1, as Latchkey has it, instead of the default parameters
"""

import os
import sys

from flask import Flask, jsonify, render_template_string
from flask_security import Security, SQLAlchemyUserDatastore, auth_required, current_user, hash_password
from flask_security.models import fsqla_v3 as fsqla
from flask_sqlalchemy import SQLAlchemy

PASSWORD = "marble trolley unseen kettle"

app = Flask(__name__)
app.config["SECRET_KEY"] = os.environ["PEER_SECRET"]
app.config["SECURITY_PASSWORD_SALT"] = os.environ["PEER_SECRET"]
app.config["SECURITY_POST_LOGIN_VIEW"] = "/dashboard"
# Looks up whether domains take mail, which a machine without a name server cannot say.
app.config["SECURITY_EMAIL_VALIDATOR_ARGS"] = {"check_deliverability": False}
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["PEER_DATABASE"]
if os.environ.get("PEER_HASH") == "argon2":
    app.config["SECURITY_PASSWORD_HASH_PASSLIB_OPTIONS"] = {
        "argon2__memory_cost": 19_456,
        "argon2__time_cost": 2,
        "argon2__parallelism": 1,
    }

db = SQLAlchemy(app)
fsqla.FsModels.set_db_info(db)


class Role(db.Model, fsqla.FsRoleMixin):
    pass


class User(db.Model, fsqla.FsUserMixin):
    pass


datastore = SQLAlchemyUserDatastore(db, User, Role)
app.security = Security(app, datastore)

DASHBOARD = (
    "{% extends 'security/base.html' %}{% block content %}<h1>Dashboard</h1>"
    "<p>{{ current_user.email }}, since {{ current_user.create_datetime }}</p>{% endblock %}"
)


@app.get("/me")
@auth_required("session")
def me():
    return jsonify(id=current_user.id, email=current_user.email)


@app.get("/users/me")
@auth_required("token")
def users_me():
    return jsonify(id=current_user.id, email=current_user.email)


@app.get("/dashboard")
@auth_required("session")
def dashboard():
    return render_template_string(DASHBOARD)


if __name__ == "__main__" and sys.argv[1:2] == ["seed"]:
    with app.app_context():
        db.create_all()
        hashed = hash_password(PASSWORD)
        for n in range(int(sys.argv[2])):
            datastore.create_user(email=f"person.{n}@example.com", password=hashed)
        db.session.commit()
